// The last step: what proves the delivery. Nothing has to; but where there is nothing, it is asked why.
import { useSignal } from '@preact/signals'

import type { Item } from '../../due'
import { Here } from '../../parts/here'
import { Icon } from '../../parts/icons'
import { Button, Choices, Name, Note, TextField } from '../../parts/parts'
import { Pad } from '../../parts/pad'
import { Photos } from '../../parts/photos'
import { given } from '../../parts/receipts'
import { returnTo } from '../../route'
import { explain, store, toast } from '../../state'
import { text, valueOf } from '../../values'
import { isolated, quantity, t } from '../../words'
import { Frame, type Step } from './deliver'
import { deliveryEdits, noProof, proven } from './state'

export function Proofs(step: Step) {
  const { draft, items, fix } = step
  const d = draft.content.value
  const busy = useSignal(false)
  const confirm = async (): Promise<void> => {
    if (busy.value) return
    busy.value = true
    try {
      await deliver(step)
    } catch (error) {
      draft.fault.value = explain(error)
    }
    busy.value = false
  }
  const why = proven(d) || d.none !== '' ? '' : t('proof.first')
  return (
    <Frame step={step} title={t('proof.title')} next={<Button look="done" icon="check" why={why} onClick={() => void confirm()}>{busy.value ? t('deliver.saving') : t('deliver.confirm')}</Button>}>
      <Summary step={step} items={items} />
      <Pad label={t('proof.signature')} strokes={d.signature} onInput={(signature) => draft.set({ signature })} />
      <Photos photos={d.photos} onInput={(photos) => draft.set({ photos })} />
      {!proven(d) && (
        <Choices label={t('proof.none')} value={d.none} onPick={(none) => draft.set({ none })} options={noProof.map((n) => ({ value: n, label: t(`proof.none_${n}`) }))} />
      )}
      {!proven(d) && d.none === 'other' && <TextField label={t('proof.none_why')} value={d.noneWhy} onInput={(noneWhy) => draft.set({ noneWhy })} />}
      <Here fix={fix} />
      <details>
        <summary>{t('fields.deliveries.note')}</summary>
        <TextField label={t('fields.deliveries.note')} lines={2} value={d.note} onInput={(note) => draft.set({ note })} />
      </details>
    </Frame>
  )
}

/** What an item is, in words. */
const what = ({ kinds }: Step, item: Item): string =>
  `${text(kinds.types[item.type], 'name')} · ${quantity(item.quantity, text(kinds.types[item.type], 'unit'))}`

function Summary({ step, items }: { step: Step; items: Item[] }) {
  const d = step.draft.content.value
  return (
    <Note>
      {items.map((item) => <p key={item.type + item.entitlement + item.project} class="row"><Icon name="box" /><strong><Name>{what(step, item)}</Name></strong></p>)}
      <p class="row"><Icon name="person" /><Name>{d.proxy ? d.proxyName : d.recipient}</Name></p>
    </Note>
  )
}

/** Saves the delivery, shows its receipt with the household, and offers to take it back. */
async function deliver(step: Step): Promise<void> {
  const { draft, items, family, fix } = step
  const household = family.household.id
  const edits = await deliveryEdits(household, items, draft.content.value, fix.position)
  if (!(await draft.save(edits))) return
  given.value = { household, items: edits.map(({ id }, i) => ({ delivery: id, what: what(step, items[i]!) })) }
  const at = 'household/' + household
  toast.value = { text: t('deliver.saved', { name: isolated(text(family.household, 'head_name')) }), undo: () => cancel(edits.map((e) => e.id)), at }
  returnTo(at)
}

/** Cancels deliveries that were just saved: each is a fact, so that it stays, with why it does not count. */
async function cancel(ids: string[]): Promise<void> {
  try {
    const records = await Promise.all(ids.map((id) => store.get(id)))
    await store.save({ edits: records.map((record) => ({ kind: 'edit', record, fields: { cancelled_why: valueOf(t('deliver.undone')) } })) })
    given.value = null
    toast.value = { text: t('deliver.cancelled') }
  } catch (error) {
    toast.value = { text: explain(error) }
  }
}
