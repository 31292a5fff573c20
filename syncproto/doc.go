// Package syncproto is the contract between a Satchel device and a Satchel server.
//
// It holds the collections and their fields, changes and the versions that name them, the merge,
// the frames in which all of it travels, and the problems that a request can be answered with.
// Whoever implements it again, in any language, is held to it by the files in testdata.
//
// The package promises that equal inputs give equal results, everywhere and for ever. It never
// reads a clock, a file, a database or a socket, and it imports nothing that does.
package syncproto
