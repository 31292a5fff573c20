// Package workbook writes and reads XLSX files: sheets of typed cells, as Excel and LibreOffice have them.
//
// It promises that memory stays bounded however many rows there are, that numbers and days are such, and that no text
// is a formula. It knows nothing of what the rows mean, and never touches a file that it was not given or made.
package workbook
