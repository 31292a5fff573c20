// Families that are registered already and look like the one that is being registered.
import { signal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

import type { Likeness } from '../../../store/api'
import type { Filled } from '../../draft'
import { useLoaded } from '../../load'
import { Icon } from '../../parts/icons'
import { Button, Name, Note } from '../../parts/parts'
import { go } from '../../route'
import { store } from '../../state'
import { text } from '../../values'
import { t } from '../../words'
import { registration, type Registering } from './state'

/** How long nothing is typed before families are compared, in ms. */
const settled = 400

/** How many families look alike and were not said to be others. */
const alike = signal(0)

export function Alike({ draft }: { draft: Filled<Registering> }) {
  const filled = useSettled(draft.content.value)
  const { value: found } = useLoaded(async () => store.similar(await registration(filled)), filled)
  const { others } = draft.content.value
  const open = found?.filter((l) => !others.includes(l.household.id)).slice(0, 3) ?? []
  useEffect(() => { alike.value = open.length })
  useEffect(() => () => { alike.value = 0 }, [])
  return (
    <div role="status" id="alike">
      {open.length > 0 && (
        <Note tone="warn">
          <div class="stack">
            <strong class="row"><Icon name="warn" />{t('alike.title')}</strong>
            {open.map((l) => <One key={l.household.id} like={l} draft={draft} />)}
          </div>
        </Note>
      )}
    </div>
  )
}

/** AlikeHint leads from the end of the form to the families that look alike. */
export function AlikeHint() {
  if (alike.value === 0) return null
  const show = (): void => document.getElementById('alike')?.scrollIntoView({ block: 'center' })
  return <Button icon="warn" onClick={show}>{t('alike.hint', { count: alike.value })}</Button>
}

function One({ like: { household, reasons }, draft }: { like: Likeness; draft: Filled<Registering> }) {
  const { others } = draft.content.value
  const open = (): void => { void draft.drop().then(() => go('household/' + household.id, true)) }
  return (
    <div class="card stack">
      <div>
        <strong><Name>{text(household, 'head_name')}</Name></strong>
        <span class="soft block"><Name>{[text(household, 'card_number'), text(household, 'address')].filter(Boolean).join(' · ')}</Name></span>
      </div>
      <ul class="reasons">{reasons.map((r) => <li key={r}>{t(`alike.${r}`)}</li>)}</ul>
      <Button look="main" onClick={open}>{t('alike.this_one')}</Button>
      <Button onClick={() => draft.set({ others: [...others, household.id] })}>{t('alike.another')}</Button>
    </div>
  )
}

/** Gives what a value has been for a while. */
function useSettled<T>(value: T): T {
  const kept = useSignal(value)
  useEffect(() => {
    const timer = setTimeout(() => (kept.value = value), settled)
    return () => clearTimeout(timer)
  }, [value])
  return kept.value
}
