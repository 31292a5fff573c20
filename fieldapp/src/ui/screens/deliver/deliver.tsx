// A delivery in four taps: what, to whom, what proves it, done. The steps stand in the address, so that going back goes a
// step back.
import type { ComponentChildren, JSX } from 'preact'

import type { ID, Stored } from '../../../store/api'
import { useDraft, type Filled } from '../../draft'
import { dueItems, type Item } from '../../due'
import { readFamily, readKinds, type Family } from '../../family'
import { useLoaded } from '../../load'
import { Loading, Name, Note, Screen } from '../../parts/parts'
import { Restored } from '../../parts/restored'
import { usePosition, type Fix } from '../../position'
import { go, place } from '../../route'
import { text } from '../../values'
import { t } from '../../words'
import { Items } from './items'
import { Proofs } from './proofs'
import { Recipient } from './recipient'
import { nothing, type Delivering } from './state'

/** A Step shows a part of the delivery, and goes on to the next. */
export interface Step {
  family: Family
  kinds: { types: Record<ID, Stored>; projects: Record<ID, Stored> }
  draft: Filled<Delivering>
  /** What is handed over as it stands. */
  items: Item[]
  fix: Fix
  next: (step: string) => void
}

const steps: Record<string, (step: Step) => JSX.Element> = { items: Items, recipient: Recipient, proof: Proofs }

export function Deliver({ id, rest }: { id: string; rest: string[] }) {
  const { value, error } = useLoaded(async () => ({ family: await readFamily(id), kinds: await readKinds() }), id)
  const draft = useDraft('deliver', id, rest[0] ?? '', nothing)
  const fix = usePosition()
  if (!value || !draft.ready.value) {
    return <Screen title={t('deliver.title')}>{error !== '' ? <Note tone="bad" alert>{error}</Note> : <Loading />}</Screen>
  }
  const items = draft.content.value.items ?? dueItems(value.family.aid)
  const asked = place.value.rest[1] ?? 'items'
  const Shown = items.length === 0 ? Items : (steps[asked] ?? Items)
  return (
    <Shown {...value} draft={draft} items={items} fix={fix.value} next={(step) => go(`deliver/${id}/${draft.id}/${step}`)} />
  )
}

/** A Frame is what the steps have in common. */
export function Frame({ step, title, next, children }: { step: Step; title: string; next?: ComponentChildren; children: ComponentChildren }) {
  return (
    <Screen title={<>{title} <span class="block small"><Name>{text(step.family.household, 'head_name')}</Name></span></>} {...(next === undefined ? {} : { next })}>
      <Restored draft={step.draft} />
      {children}
    </Screen>
  )
}
