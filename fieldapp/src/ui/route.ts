// Where the worker is in the app. The place stands in the address behind #, so that going back works as everywhere; it
// holds ids and never a name.
import { signal } from '@preact/signals'

/** A Place is a screen and what it is about: #/household/ID is { screen: 'household', id: ID }. */
export interface Place { screen: string; id: string; rest: string[] }

export const place = signal<Place>(read())

function read(): Place {
  const [screen = '', id = '', ...rest] = location.hash.replace(/^#\/?/, '').split('/')
  return { screen: screen || 'home', id, rest }
}

/** Goes to a place. With instead, the one before it is left out of the way back. */
export function go(path: string, instead = false): void {
  if (instead) history.replaceState(null, '', '#/' + path)
  else history.pushState(null, '', '#/' + path)
  arrive()
}

export function back(): void {
  if (history.length > 1) history.back()
  else go('', true)
}

/** What browsers tell of the way back; some do not. */
declare const navigation: undefined | {
  currentEntry: { index: number }
  entries: () => { key: string; url: string | null }[]
  traverseTo: (key: string) => void
}

/** Goes back to a place over all that came after it; where it is not on the way back, to it in the place of this one. */
export function returnTo(path: string): void {
  const way = typeof navigation === 'undefined' ? [] : navigation.entries().slice(0, navigation.currentEntry.index)
  const behind = way.reverse().find((entry) => new URL(entry.url ?? 'about:blank').hash === '#/' + path)
  if (behind) navigation?.traverseTo(behind.key)
  else go(path, true)
}

function arrive(): void {
  place.value = read()
  window.scrollTo(0, 0)
}

window.addEventListener('popstate', arrive)

/** Takes the enrolment code out of the address, where the office's QR code put it, so that it is not left in the history. */
export function takeCode(): string {
  const code = new URLSearchParams(location.hash.slice(1)).get('code') ?? ''
  if (code !== '') go('', true)
  return code
}
