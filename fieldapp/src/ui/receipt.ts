// What a family is told as the number of its receipt. The office computes the same from the delivery's id.

/** Crockford's 32 signs: none is mistaken for another when it is read out or copied by hand. */
const signs = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Gives the receipt number of a delivery, such as 7K2M-QF9D: the last 40 bits of its id, five to a sign. */
export function receiptNumber(delivery: string): string {
  let bits = BigInt('0x' + delivery.replaceAll('-', '').slice(-10))
  let out = ''
  for (let i = 0; i < 8; i++, bits >>= 5n) out = signs[Number(bits & 31n)] + out
  return out.slice(0, 4) + '-' + out.slice(4)
}
