package proc

import (
	"slices"
	"strings"
)

// Capabilities is a set of capabilities(7), a bit for each.
type Capabilities uint64

// AllCapabilities is whatever the kernel knows.
const AllCapabilities = ^Capabilities(0)

// capabilityNames are in the order of their numbers, linux/capability.h.
var capabilityNames = [...]string{
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
	"CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN",
	"CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE",
	"CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL",
	"CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
}

// CapabilityNamed is the set of the one capability with that name, case aside; 0 if there is none.
func CapabilityNamed(name string) Capabilities {
	number := slices.Index(capabilityNames[:], strings.ToUpper(name))
	if number < 0 {
		return 0
	}
	return 1 << number
}

// String is the names in lower case, as systemctl show has them. What has no name yet is left out.
func (c Capabilities) String() string {
	var names []string
	for number, name := range capabilityNames {
		if c.has(number) {
			names = append(names, strings.ToLower(name))
		}
	}
	return strings.Join(names, " ")
}

func (c Capabilities) has(number int) bool { return c>>number&1 != 0 }
