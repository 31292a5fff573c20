package syncproto

import (
	"encoding/base32"

	"github.com/google/uuid"
)

// crockford has 32 signs of which none is mistaken for another when it is read out or copied by hand:
// https://www.crockford.com/base32.html
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ")

// ReceiptNumber gives what a family is told as the number of its receipt, such as 7K2M-QF9D: the last 40 bits of the
// delivery's id, five to a sign.
func ReceiptNumber(delivery uuid.UUID) string {
	number := crockford.EncodeToString(delivery[11:])
	return number[:4] + "-" + number[4:]
}
