// The office as the store sees it: the server that the app came from.

import type { Office } from '../store/office'
import { adopt, enrol } from './enrol'
import { failureFrom } from './failures'
import { Link } from './link'
import { rescue } from './rescue'
import { Run, type Options } from './run'

export type { Options }

/** Gives the office of a program. All that it fails with is a Failed; what was recorded is safe, whatever that is. */
export function officeOf(options: Options): Office {
  return {
    enrol: (env, code, device) => told(enrol(new Link(env, new AbortController().signal), code, device)),
    adopt,
    sync: (store, env, progress, signal) => told(new Run(store, env, options, progress, signal).all()),
    rescue,
  }
}

/** Has a refusal be told as what it means for the worker. */
const told = <T>(doing: Promise<T>): Promise<T> =>
  doing.catch((err: unknown) => {
    throw failureFrom(err)
  })
