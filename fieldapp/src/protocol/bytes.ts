// Bytes and the texts that stand for them.

export type Bytes = Uint8Array<ArrayBuffer>

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export const utf8 = (text: string): Bytes => encoder.encode(text)

/** Fails on what is not UTF-8. */
export const textOf = (bytes: Uint8Array): string => decoder.decode(bytes)

/** How many bytes a text has in UTF-8. */
export function byteLength(text: string): number {
  return text.length > 0 && /[^\0-\x7f]/.test(text) ? encoder.encode(text).length : text.length
}

export function hex(bytes: Uint8Array): string {
  let out = ''
  for (const b of bytes) out += b.toString(16).padStart(2, '0')
  return out
}

export function unhex(text: string): Bytes {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16))
}

export function base64(bytes: Uint8Array): string {
  let binary = ''
  for (let i = 0; i < bytes.length; i += 0x1000) { // larger pieces, or spreading them, take many times as long
    binary += String.fromCharCode.apply(null, bytes.subarray(i, i + 0x1000) as unknown as number[])
  }
  return btoa(binary)
}

/** Fails on anything but base64 in its one form. */
export function unbase64(text: string): Bytes {
  const binary = atob(text)
  const out = Uint8Array.from(binary, (c) => c.charCodeAt(0))
  if (base64(out) !== text) throw new Error('this is not base64')
  return out
}

/** Base64url without padding. */
export const base64url = (bytes: Uint8Array): string =>
  base64(bytes).replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_')

/** Fails on anything but unpadded base64url in its one form. */
export function unbase64url(text: string): Bytes {
  if (/[+/=]/.test(text)) throw new Error('this is not base64url')
  return unbase64(text.replaceAll('-', '+').replaceAll('_', '/') + '='.repeat(-text.length & 3))
}

export function joined(...parts: Uint8Array[]): Bytes {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

export const sha256 = async (bytes: Bytes): Promise<Bytes> => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))

/** Orders texts by their bytes in UTF-8. UTF-16 has what lies beyond the basic plane before its end. */
export function byBytes(a: string, b: string): number {
  const most = Math.min(a.length, b.length)
  for (let i = 0; i < most; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

const rank = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800)
