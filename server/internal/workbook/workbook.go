// Package workbook writes and reads XLSX files: sheets of typed cells, as Excel and LibreOffice have them.
//
// It promises that what it writes holds no formula, that memory stays bounded however many rows there are and whatever
// a file that is read was made for, and that a file is read whole or not at all. It knows nothing of what the cells mean,
// and never touches a file that it was not given or made.
package workbook
