package unit

import "errors"

// A group is directives that have a class and a line of documentation in common. A row of
// its own, where a directive has one, goes before.
type group struct {
	section string
	class   Class
	doc     string
	set     func(value string) error
	names   string
}

// classified is what becomes of the directives of systemd 257 that have no row of their own.
func (d *draft) classified() []group {
	return []group{
		{"Unit", Harmless, "Orders units, of which there is one here.", accept, `
			Wants Requires Requisite BindsTo PartOf Upholds Conflicts Before After DefaultDependencies
			RequiresMountsFor WantsMountsFor JoinsNamespaceOf PropagatesReloadTo ReloadPropagatedFrom
			PropagatesStopTo StopPropagatedFrom OnSuccessJobMode OnFailureJobMode OnFailureIsolate
			PropagateReloadTo PropagateReloadFrom RequiresOverridable RequisiteOverridable BindTo`},
		{"Unit", Harmless, "For people and tools.", accept, `Documentation SourcePath`},
		{"Unit", Harmless, "About jobs, targets and the memory of the service manager, which are not here.", accept, `
			IgnoreOnIsolate AllowIsolate StopWhenUnneeded RefuseManualStart RefuseManualStop CollectMode
			SurviveFinalKillSignal JobTimeoutSec JobRunningTimeoutSec JobTimeoutAction JobTimeoutRebootArgument`},
		{"Unit", NotHonoured, "No other service is started; [X-Holdfast] OnCrash= can run a command.", d.notHonoured, `
			OnFailure OnSuccess`},
		{"Unit", NotHonoured, "The service is started whether or not it holds; test it in ExecCondition=.", d.foreignCondition, `
			ConditionArchitecture ConditionFirmware ConditionVirtualization ConditionHost ConditionKernelCommandLine
			ConditionKernelVersion ConditionCredential ConditionEnvironment ConditionSecurity ConditionCapability
			ConditionACPower ConditionNeedsUpdate ConditionFirstBoot ConditionPathIsMountPoint ConditionPathIsReadWrite
			ConditionPathIsEncrypted ConditionUser ConditionGroup ConditionControlGroupController ConditionMemory
			ConditionCPUs ConditionCPUFeature ConditionOSRelease ConditionMemoryPressure ConditionCPUPressure
			ConditionIOPressure ConditionNull`},
		{"Unit", NotHonoured, "The service is started whether or not it holds; test it in ExecStartPre=.", d.notHonoured, `
			AssertArchitecture AssertFirmware AssertVirtualization AssertHost AssertKernelCommandLine
			AssertKernelVersion AssertCredential AssertEnvironment AssertSecurity AssertCapability
			AssertACPower AssertNeedsUpdate AssertFirstBoot AssertPathExists AssertPathExistsGlob
			AssertPathIsDirectory AssertPathIsSymbolicLink AssertPathIsMountPoint AssertPathIsReadWrite
			AssertPathIsEncrypted AssertDirectoryNotEmpty AssertFileNotEmpty AssertFileIsExecutable
			AssertUser AssertGroup AssertControlGroupController AssertMemory AssertCPUs
			AssertCPUFeature AssertOSRelease AssertMemoryPressure AssertCPUPressure AssertIOPressure AssertNull`},
		{"Install", Harmless, "Says what systemctl enable does.", accept, `
			WantedBy RequiredBy UpheldBy Also Alias DefaultInstance`},

		{"Service", Refused, "Promises protection that holdfast does not give.", d.sandbox, `
			DynamicUser Capabilities KeyringMode
			ProtectSystem ProtectHome ProtectProc ProcSubset ProtectClock ProtectHostname ProtectControlGroups
			ProtectKernelTunables ProtectKernelModules ProtectKernelLogs
			PrivateTmp PrivateDevices PrivateNetwork PrivateIPC PrivatePIDs PrivateUsers PrivateMounts
			ReadOnlyPaths InaccessiblePaths ReadOnlyDirectories InaccessibleDirectories NoExecPaths
			NetworkNamespacePath IPCNamespacePath
			RestrictAddressFamilies RestrictFileSystems RestrictNamespaces RestrictNetworkInterfaces
			RestrictRealtime RestrictSUIDSGID LockPersonality MemoryDenyWriteExecute
			SystemCallFilter SystemCallArchitectures SELinuxContext AppArmorProfile SmackProcessLabel
			IPAddressDeny IPIngressFilterPath IPEgressFilterPath BPFProgram SocketBindDeny DeviceAllow DevicePolicy`},
		{"Service", Refused, "Gives the service other files than the host's, which holdfast does not do.", d.sandbox, `
			RootImage TemporaryFileSystem BindPaths BindReadOnlyPaths MountImages
			ExtensionImages ExtensionDirectories`},
		{"Service", Harmless, "Only loosens or details protection, which would be refused.", accept, `
			ReadWritePaths ReadWriteDirectories ExecPaths SystemCallErrorNumber SystemCallLog IPAddressAllow SocketBindAllow
			RootImageOptions RootImagePolicy RootEphemeral RootHash RootHashSignature RootVerity
			MountImagePolicy ExtensionImagePolicy MountAPIVFS BindLogSockets MountFlags`},
		{"Service", Harmless, "About systemd's journal; holdfast keeps a log of its own.", accept, `
			LogLevelMax LogExtraFields LogRateLimitIntervalSec LogRateLimitBurst LogFilterPatterns LogNamespace`},
		{"Service", Harmless, "About a terminal, which no service here has.", accept, `
			TTYPath TTYReset TTYVHangup TTYColumns TTYRows TTYVTDisallocate UtmpIdentifier UtmpMode`},
		{"Service", Harmless, "About how systemd arranges and counts its control groups.", accept, `
			CPUAccounting MemoryAccounting TasksAccounting IOAccounting IPAccounting BlockIOAccounting
			Slice Delegate DelegateSubgroup DisableControllers NetClass
			ManagedOOMSwap ManagedOOMMemoryPressure ManagedOOMMemoryPressureLimit
			ManagedOOMMemoryPressureDurationSec ManagedOOMPreference
			MemoryPressureWatch MemoryPressureThresholdSec CoredumpReceive`},
		{"Service", Harmless, "Of systemd's past; newer ones ignore it, too.", accept, `
			SysVStartPriority FsckPassNo BusPolicy`},
		{"Service", NotHonoured, "This share or limit is not enforced.", d.notHonoured, `
			StartupCPUWeight CPUQuotaPeriodSec AllowedCPUs StartupAllowedCPUs
			MemoryMin MemoryLow StartupMemoryLow DefaultMemoryMin DefaultMemoryLow DefaultStartupMemoryLow
			StartupMemoryHigh StartupMemoryMax StartupMemorySwapMax
			MemoryZSwapMax StartupMemoryZSwapMax MemoryZSwapWriteback AllowedMemoryNodes StartupAllowedMemoryNodes
			IOWeight StartupIOWeight IODeviceWeight IOReadBandwidthMax IOWriteBandwidthMax
			IOReadIOPSMax IOWriteIOPSMax IODeviceLatencyTargetSec
			CPUShares StartupCPUShares MemoryLimit BlockIOWeight StartupBlockIOWeight BlockIODeviceWeight
			BlockIOReadBandwidth BlockIOWriteBandwidth`},
		{"Service", NotHonoured, "The service is given no such descriptor.", d.notHonoured, `
			Sockets OpenFile FileDescriptorStoreMax FileDescriptorStorePreserve NonBlocking
			USBFunctionDescriptors USBFunctionStrings`},
		{"Service", NotHonoured, "The service is given no credentials; use a file that only its user can read.", d.notHonoured, `
			LoadCredential LoadCredentialEncrypted ImportCredential SetCredential SetCredentialEncrypted`},
		{"Service", NotHonoured, "What its user leaves in System V and POSIX IPC is not removed.", d.notHonoured, `RemoveIPC`},
		{"Service", NotHonoured, "What it would set up is left as it is on the host.", d.notHonoured, `
			BusName PAMName Personality CoredumpFilter NUMAPolicy NUMAMask MemoryKSM NFTSet
			RootDirectoryStartOnly PermissionsStartOnly TimeoutCleanSec`},
	}
}

func accept(string) error { return nil }

// notHonoured tells what systemd would have done. A value that takes something back asks
// for nothing.
func (d *draft) notHonoured(value string) error {
	if on, err := parseBool(value); value == "" || value == "none" || err == nil && !on {
		return nil
	}
	return errors.New("not honoured by this version of holdfast")
}
