// Package truth measures what the search for duplicates finds, and what it misses, on households of which it is known
// which are one family.
//
// It promises that one seed makes up the same households for ever, and that no figure is taken from anywhere but the
// comparison with what is known. It makes up families that nobody is, and it never looks at a programme's data by
// itself: such a table is given to it.
package truth
