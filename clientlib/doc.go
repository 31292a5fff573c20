// Package clientlib is a device's store and its sync, for whoever builds an app for field workers.
//
// A [Store] is one SQLite file. What a worker records is saved as a [Form] of changes, which are on
// disk before [Store.Save] returns; they stay in the outbox until a server has acknowledged them, and
// are kept for [syncproto.KeptDays] days after that. [Store.Sync] does the exchange with the server,
// both directions at once, and can be cut off at any moment and called again.
//
// Before something is delivered, [Store.Aid] says what the family is due and has received, as far as the
// device knows, and how old that knowledge is.
//
// What is shown of a record is the server's state as last pulled, with the device's own changes laid
// over it that no completed pull has confirmed yet. The package never merges: the server decides, and
// the next pull brings what it decided.
//
// Whatever could tell of a person is encrypted in the file, under a key that only the worker's PIN
// opens: values of records and changes, hashes and digests over them, names of workers, tokens. In
// the clear are ids, collections, areas, numbers, times and states.
//
// The package never deletes a change that no server has acknowledged, except with the whole store. It
// never writes to a log, and its errors hold no personal data.
package clientlib
