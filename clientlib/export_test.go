package clientlib

// Cheap gives options with which a PIN costs next to nothing: tests open hundreds of stores.
func (o Options) Cheap() Options {
	o.cost = kdf{memory: 8, passes: 1, threads: 1}
	return o
}
