// What the app asks of its store. The store runs in a worker of its own; everything here crosses to it as plain data.
//
// Values are canonical JSON texts, as in the protocol: two are equal if their texts are. '' is no value. Times are
// milliseconds since 1970 UTC by the server's clock, 0 is never; ids are UUIDs of 36 small letters, '' is none.

export type Value = string
export type ID = string

/** A Version names a change: who wrote it, its number, and the print of the history behind it, all as text. */
export type Version = string

/** A Field of a record, as it is shown. */
export interface Field {
  value: Value
  /** When it was written. */
  time: number
  /** Set while it was written here and no completed pull has confirmed it. */
  pending: boolean
  /** Set while somebody else wrote another value without knowing of this one. */
  conflict: boolean
  /** What who looks at the field has seen: the base of an edit made from here. */
  known: Version[]
}

/** Where a record is, in the words that the screen says: saved on this tablet, sending, received by the office, or in need
 * of attention. A draft is not a record yet. */
export type Whereabouts = 'saved' | 'sending' | 'received' | 'attention'

/** A Stored record is the server's state as last pulled, with what was written here laid over it. */
export interface Stored {
  collection: string
  id: ID
  /** '' for records of every device and for those that were never pulled. */
  area: ID
  deleted: boolean
  fields: Record<string, Field>
  where: Whereabouts
}

/** An Edit is what a form does to one record. */
export type Edit =
  /** makes a record; the app names it with newID, so that others can refer to it */
  | { kind: 'create'; collection: string; id: ID; fields: Record<string, Value> }
  /** sets fields of a record that was read before; '' and 'null' clear one; what equals the record is not written */
  | { kind: 'edit'; record: Stored; fields: Record<string, Value> }
  | { kind: 'delete'; record: Stored }

/** A Form is what a worker does on one screen: it is saved, sent and applied as a whole. Its author is who is logged in. */
export interface Form {
  edits: Edit[]
  /** The draft that the form was made from: it is dropped in the same transaction. */
  draft?: ID
}

/** A Draft is a form that is being filled in. Its content is the screen's own affair. */
export interface Draft {
  id: ID
  /** Which screen it belongs to. */
  screen: string
  /** What it is about, '' if nothing. */
  record: ID
  /** By the tablet's clock. */
  changed: number
  content: unknown
}

/** A Likeness is a household that may be the one that is being registered. */
export interface Likeness {
  household: Stored
  /** How much speaks for it, in bits. */
  score: number
  /** What does, the weightiest first. */
  reasons: LikenessReason[]
}

/** What two households may have in common: a number but for one character is card_number_close, one of the head's names
 * name_one, two members with their births members, one with its birth member, a member by name alone member_name, dwellings
 * within 100 m near, within 2 km nearby. */
export type LikenessReason =
  | 'card_number' | 'card_number_close' | 'document' | 'phone' | 'name' | 'name_close' | 'name_one'
  | 'members' | 'member' | 'member_name' | 'village' | 'origin' | 'near' | 'nearby'

/** A Share is what a family may have of an assistance type, and what it was given of it. Quantities are decimal text. */
export interface Share {
  type: ID
  /** null if this tablet does not hold the type. */
  kind: Stored | null
  entitled: string
  delivered: string
  due: string
  /** The entitlements that are approved, and every delivery in the order in which they took place. */
  entitlements: Stored[]
  deliveries: { record: Stored; worker: string; unsent: boolean }[]
}

/** Aid is what a family is due and was given, as far as this tablet knows. */
export interface Aid {
  households: Stored[]
  /** How many more households of the family are in areas that this tablet does not have. */
  elsewhere: number
  /** When the areas of the households were last pulled to their end; 0 is never. */
  known: number
  shares: Share[]
}

/** An Attention is something that the worker should know. */
export interface Attention {
  /** Names it for dismiss. */
  item: string
  kind: 'held' | 'waiting' | 'discarded' | 'overtaken' | 'decided' | 'clock' | 'storage' | 'proof'
  collection: string
  record: ID
  /** Why a change is not applied: one of the protocol's held codes, and the same for people. For storage: low or
   * not-persisted. */
  code: string
  reason: string
  /** What was overtaken, or decided since: the value written here, and the one that shows. */
  field: string
  own: Value
  shown: Value
}

/** A Status is how the tablet is, for its worker. */
export interface Status {
  enrolled: boolean
  /** What the office calls the tablet. */
  name: string
  device: ID
  /** When the last exchange took place, and the last that left nothing to do on either side. */
  contact: number
  complete: number
  /** Changes and proofs that the office has not acknowledged; changes that it has and has not applied. */
  unsent: number
  unsentProofs: number
  held: number
  records: number
  /** What to add to the tablet's clock for the server's, in ms; off if the worker should set the clock. */
  clockOffset: number
  clockOff: boolean
  /** Set if the tablet could be lost without losing anything. */
  safe: boolean
  revoked: boolean
}

/** A Progress is how far a sync has come; it counts what really went over the link. */
export interface Progress {
  bytesUp: number
  bytesDown: number
  changes: number
  changesToSend: number
  records: number
  recordsToFetch: number
  proofs: number
  proofsToSend: number
  exchanges: number
  /** Seconds to the next try, where the server is busy and said when to come again. */
  wait: number
}

/** A Result is what a sync came to. */
export interface Result {
  changes: number
  records: number
  /** Nothing is left to do on either side. */
  complete: boolean
  /** The tablet could be lost without losing anything. */
  safe: boolean
  /** The tablet was taken out of the programme, has handed in everything, and is empty now. */
  wiped: boolean
}

/** A Person who may work on the tablet. Initials are all that can be read before a PIN opens the store. */
export interface Worker {
  id: ID
  name: string
}

/** A Key is a worker's PIN on this tablet, as the lock screen sees it. */
export interface Key {
  worker: ID
  initials: string
  /** When the next PIN may be tried, by the tablet's clock; 0 is now. */
  waitUntil: number
}

/** A Door is what stands between who holds the tablet and what is on it. */
export interface Door {
  /** none: there is no store; wiped: it was taken out of the programme; elsewhere: another tab has it open. */
  state: 'none' | 'locked' | 'open' | 'wiped' | 'elsewhere'
  keys: Key[]
  /** Who is logged in, while it is open. */
  worker: Worker | null
  practice: boolean
}

/** The Codes that a failed call carries; what they mean for the worker stands in the catalogues, by code. */
export type Code =
  | 'locked' | 'wrong-pin' | 'weak-pin' | 'wait' | 'wiped' | 'damaged' | 'newer' | 'elsewhere' | 'storage-full' | 'invalid' | 'too-long'
  | 'not-enrolled' | 'not-found' | 'link' | 'enrol-again' | 'busy' | 'protocol' | 'code-refused' | 'weak-passphrase'
  | 'nothing-to-rescue' | 'internal'

/** A Failure is how a call to the store fails. Nothing of the call was saved, and what was saved before is safe. */
export interface Failure {
  code: Code
  /** For the programmer; it holds nothing personal. */
  detail: string
  /** For invalid and too-long: the field, as collection.field; missing if it is the form as a whole. For wait and wrong-pin: until when no other PIN may be tried, 0 if one may. */
  field?: string
  until?: number
}

/** PracticeWords are what is given and asked in practice, in the worker's language. */
export type PracticeWords = Record<(typeof practiceWords)[number], string>
export const practiceWords = ['project', 'stove', 'piece', 'parcel', 'visit', 'heating', 'wood', 'electricity', 'none', 'needs'] as const

/** The Store as the app sees it. Every call may fail with a Failure. */
export interface Store {
  door(): Promise<Door>
  /** Takes the store over from the tab that has it, once that has finished what it is writing. */
  takeOver(): Promise<void>
  /** Makes the store and enrols the tablet with the server that the app came from, under a one-time code. */
  enrol(code: string, pin: string): Promise<void>
  /** Enrols a store again that the server does not know any more; it keeps all that it holds. */
  enrolAgain(code: string): Promise<void>
  unlock(worker: ID, pin: string): Promise<void>
  /** Logs out. Nothing is deleted. */
  lock(): Promise<void>
  changePIN(old: string, pin: string): Promise<void>
  /** Lets another of the tablet's workers in, with a PIN of their own. */
  addKey(worker: ID, pin: string): Promise<void>
  workers(): Promise<Worker[]>
  /** Opens a store with made-up families that never syncs, or with null leaves it. What is theirs is called by the words that it
   * was opened with for the first time. */
  practise(words: PracticeWords | null): Promise<void>

  newID(): Promise<ID>
  get(id: ID): Promise<Stored>
  /** The records of a collection that are not deleted, in the order in which they were made; under '' is all. */
  list(collection: string, under: ID): Promise<Stored[]>
  /** The areas whose households this tablet holds. */
  areas(): Promise<Stored[]>
  search(text: string, limit: number): Promise<Stored[]>
  aid(household: ID): Promise<Aid>
  similar(edits: Edit[]): Promise<Likeness[]>
  /** What is planned or due: households with a visit planned up to a day (as 2020-04-30), or with something due. */
  today(day: string, limit: number): Promise<{ household: Stored; visitOn: string; due: ID[] }[]>
  /** What was written here lately, the last first. */
  recent(limit: number): Promise<Stored[]>

  save(form: Form): Promise<void>
  keepDraft(draft: Draft): Promise<void>
  dropDraft(id: ID): Promise<void>
  drafts(): Promise<Draft[]>

  /** Keeps a photo or signature, encrypted, until the office has it; gives the SHA-256 of its content in hex. */
  keepProof(content: Uint8Array, mediaType: string): Promise<string>
  proof(sha256: string): Promise<{ content: Uint8Array; mediaType: string } | null>

  status(): Promise<Status>
  attention(): Promise<Attention[]>
  dismiss(item: string): Promise<void>
  sync(): Promise<Result>
  /** Stops a sync where it is; nothing is lost, the next one goes on from there. */
  stopSync(): Promise<void>
  /** Everything unsent, encrypted under a passphrase, for when the tablet cannot sync any more. */
  rescue(passphrase: string): Promise<Blob>
}

/** What the store tells without being asked. */
export type Told =
  | { kind: 'changed' }
  | { kind: 'progress'; progress: Progress }
  | { kind: 'door' }
