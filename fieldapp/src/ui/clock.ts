// The time by the office's clock, which is what records hold, and as this tablet's own clock shows it.
import { status } from './state'

const offset = (): number => status.value?.clockOffset ?? 0

/** Gives the time by the office's clock, as far as the tablet knows it. */
export const officeNow = (): number => Math.round(Date.now() + offset())

/** Gives a time of a record as the tablet's clock had it. */
export const here = (ms: number): number => ms - offset()
