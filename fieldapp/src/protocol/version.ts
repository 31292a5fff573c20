import type { Hash, ID, Tip, Version } from './types'
import { isID } from './uuid'

/** Parts of a version; the print is eight hexadecimal digits. */
export interface Parts {
  device: ID
  n: number
  print: string
}

const unprinted = '00000000'

/** The name of a device's change, of whose history this is the hash there, or its first eight digits. */
export function versionOf(device: ID, n: number, hash: Hash): Version {
  const print = hash.slice(0, 8)
  return print === unprinted ? `${device}:${n}` : `${device}:${n}:${print}`
}

/** The name of the change at the tip of a device's history. */
export const tipVersion = (device: ID, tip: Tip): Version => versionOf(device, tip.n, tip.hash)

/** Takes a version apart; null if it is none. */
export function parseVersion(text: Version): Parts | null {
  const found = /^([0-9a-f-]{36}):([1-9][0-9]{0,15})(?::([0-9a-f]{8}))?$/.exec(text)
  if (!found || !isID(found[1]!) || found[3] === unprinted) return null
  return { device: found[1]!, n: Number(found[2]), print: found[3] ?? unprinted }
}
