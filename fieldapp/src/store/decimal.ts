/** A Decimal is exact: digits / 10^scale. Binary fractions would not do: 0.1 and 0.2 are not more than 0.3. null is none. */
export type Decimal = { digits: bigint; scale: number } | null

/** How many digits behind the point are written: a decimal has no more in all. */
const places = 15

/** Reads a decimal as a field holds it; what says nothing is none. */
export function decimalOf(text: string): Decimal {
  const found = /^(-?\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text)
  if (!found) return null
  const [, whole = '', fraction = '', exponent = '0'] = found
  const scale = fraction.length - Number(exponent)
  const digits = BigInt(whole + fraction)
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 }
}

export const zero: Decimal = { digits: 0n, scale: 0 }

/** Writes a decimal without trailing zeros, '' for none. */
export function decimalText(d: Decimal): string {
  if (!d) return ''
  const { digits, scale } = d.scale > places ? rounded(d) : d
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0')
  const fraction = scale === 0 ? '' : text.slice(-scale).replace(/0+$/, '')
  return (digits < 0n ? '-' : '') + text.slice(0, text.length - scale) + (fraction && '.' + fraction)
}

/** Rounds half away from zero. */
function rounded({ digits, scale }: NonNullable<Decimal>): NonNullable<Decimal> {
  const unit = 10n ** BigInt(scale - places)
  const half = digits < 0n ? -unit / 2n : unit / 2n
  return { digits: (digits + half) / unit, scale: places }
}

/** Adds two decimals, of which one may be none. */
export function plus(a: Decimal, b: Decimal): Decimal {
  if (!a || !b) return a ?? b
  const scale = Math.max(a.scale, b.scale)
  return { digits: at(a, scale) + at(b, scale), scale }
}

/** Subtracts a decimal; none if either is. */
export const minus = (a: Decimal, b: Decimal): Decimal => (a && b ? plus(a, { digits: -b.digits, scale: b.scale }) : null)

/** -1, 0 or 1 as the decimal is below, at or above 0, and 0 for none. */
export const sign = (d: Decimal): number => (!d || d.digits === 0n ? 0 : d.digits < 0n ? -1 : 1)

/** Gives the lesser of two decimals, the other one where one is none. */
export function least(a: Decimal, b: Decimal): Decimal {
  if (!a || !b) return a ?? b
  return sign(minus(a, b)) < 0 ? a : b
}

const at = (d: NonNullable<Decimal>, scale: number): bigint => d.digits * 10n ** BigInt(scale - d.scale)
