package unit

// interim is the directives that this version does not honour and the next one will. A row
// in the table takes the place of a name here.
func (d *draft) interim() []group {
	return []group{
		{"Service", NotHonoured, "The business keeps what it inherits.", d.notHonoured, `SetLoginEnvironment`},
	}
}
