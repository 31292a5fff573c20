// Package demo shows Satchel at the work that it is made for: the reference programme, recorded in
// villages without a connection, synced at the office, and reported to the figure.
//
// It runs a real server on a data directory of its own and real device stores beside it, which meet
// over HTTP only. It promises that the table at the end is queried from what was synced and from
// nothing else, and that it comes out the same on every run. It never touches a data directory that
// holds anything, and never listens beyond this machine unless it is told to.
//
// The municipalities, settlements and institutions are real, and so are the programme's results (KMOP,
// "Better life for internally displaced persons and returnees", 2020). The grants' codes, titles and
// organisations, and every household, person and phone number, are made up.
package demo
