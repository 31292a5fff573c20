// Keeps what is being filled in as a draft at once, so that nothing is lost when a tablet falls, sleeps or runs empty.
import { type Signal, signal } from '@preact/signals'
import { useEffect, useState } from 'preact/hooks'

import type { Draft, Edit, ID } from '../store/api'
import { explain, revision, store, toast } from './state'
import { t } from './words'

/** How long to wait after a change for the next one, in ms. */
const pause = 250

/** A Filled form is what a screen has of a draft. */
export interface Filled<T> {
  /** Names the draft, '' until it is ready. */
  readonly id: ID
  /** What was filled in so far; read it only once ready. */
  content: Signal<T>
  ready: Signal<boolean>
  /** Whether it was begun earlier. */
  restored: Signal<boolean>
  /** Why it could not be kept or saved; '' if it could. */
  fault: Signal<string>
  set: (part: Partial<T>) => void
  /** Saves the form and drops the draft in one go; gives whether that worked. */
  save: (edits: Edit[]) => Promise<boolean>
  /** Drops the draft, with a way to take that back. */
  drop: () => Promise<void>
}

/** Fills in a screen's form about a record ('' if it is about none yet). A draft that is given goes on; where none is, the
 * record's own does, if the screen has one. What a draft holds is plain data, and all of it has a place in empty. */
export function useDraft<T extends object>(screen: string, record: ID, given: ID, empty: T): Filled<T> {
  const [draft] = useState(() => new Keeper(screen, record, empty))
  useEffect(() => {
    void draft.open(given)
    const flush = (): void => { if (document.visibilityState === 'hidden') void draft.flush() }
    const leave = (): void => { void draft.flush() }
    document.addEventListener('visibilitychange', flush)
    window.addEventListener('pagehide', leave)
    return () => {
      document.removeEventListener('visibilitychange', flush)
      window.removeEventListener('pagehide', leave)
      leave()
    }
  }, [])
  return draft
}

class Keeper<T extends object> implements Filled<T> {
  readonly content: Signal<T>
  readonly ready = signal(false)
  readonly restored = signal(false)
  readonly fault = signal('')
  id: ID = ''
  private timer = 0
  /** What is being written to the store, so that nothing overtakes it. */
  private writing: Promise<void> = Promise.resolve()
  private ended = false

  constructor(private readonly screen: string, private readonly record: ID, private readonly empty: T) {
    this.content = signal(empty)
  }

  async open(given: ID): Promise<void> {
    try {
      const kept = (await store.drafts()).find((d) => d.id === given || (given === '' && this.record !== '' && d.screen === this.screen && d.record === this.record))
      this.id = kept?.id ?? (given || (await store.newID()))
      if (kept) this.content.value = { ...this.empty, ...(kept.content as Partial<T>) }
      this.restored.value = kept !== undefined
    } catch (error) {
      this.fault.value = explain(error)
    }
    this.ready.value = true
  }

  set = (part: Partial<T>): void => {
    this.content.value = { ...this.content.value, ...part }
    clearTimeout(this.timer)
    this.timer = window.setTimeout(() => void this.flush(), pause)
  }

  /** Writes what waits to be written. */
  flush(): Promise<void> {
    if (this.timer === 0 || this.ended || this.id === '') return this.writing
    clearTimeout(this.timer)
    this.timer = 0
    this.writing = store.keepDraft(this.draft()).then(() => { this.fault.value = ''; this.name() }, (error: unknown) => { this.fault.value = explain(error) })
    return this.writing
  }

  /** Puts the draft into the address, so that it comes back when the page is loaded anew. */
  private name(): void {
    const path = `#/${this.screen}/${this.record || 'new'}`
    const here = location.hash.replace(/\/$/, '')
    if (here === path || (this.record === '' && here === `#/${this.screen}`)) history.replaceState(null, '', `${path}/${this.id}`)
  }

  save = async (edits: Edit[]): Promise<boolean> => {
    await this.flush()
    this.ended = true
    this.fault.value = '' // so that it is told anew
    toast.value = null // what was saved before is not this
    try {
      await store.save({ edits, ...(this.id === '' ? {} : { draft: this.id }) })
      return true
    } catch (error) {
      this.ended = false
      this.fault.value = explain(error)
      return false
    }
  }

  drop = async (): Promise<void> => {
    this.ended = true
    clearTimeout(this.timer)
    await this.writing
    if (this.id === '') return
    await store.dropDraft(this.id)
    const draft = this.draft()
    toast.value = { text: t('draft.discarded'), undo: () => store.keepDraft(draft).then(() => { revision.value++ }) }
  }

  private draft = (): Draft => ({ id: this.id, screen: this.screen, record: this.record, changed: Date.now(), content: this.content.value })
}
