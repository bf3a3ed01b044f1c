package state

// systemRuntime is emptied at boot: file-hierarchy(7).
const systemRuntime = "/run"
