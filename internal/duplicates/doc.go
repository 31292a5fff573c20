// Package duplicates finds households that may be one family, and says why it thinks so.
//
// It compares by the model of Fellegi and Sunter ("A Theory for Record Linkage", Journal of the American Statistical
// Association 64, 1969): each comparison of two households comes out at one of a few levels, and a level weighs
// log2(m/u), where m is how often it comes out for one family that was registered twice, and u for two families. The
// weights of all comparisons add up to the score, in bits; what is not known of one of the two weighs nothing. The
// table of levels is weights.csv, and a programme can have its own.
//
// It promises that a score does not depend on which of the two comes first, that each score is explained to the bit,
// and that the work grows with the pairs that have something in common, never with all pairs. It never decides: a
// possible duplicate is for a person to look at. It reads and writes nothing.
package duplicates
