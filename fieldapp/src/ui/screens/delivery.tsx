// One delivery: what it was and what proves it. A wrong one is cancelled with a reason, and stays.
import type { ID, Stored } from '../../store/api'
import { here } from '../clock'
import { useDraft } from '../draft'
import { perhaps } from '../family'
import { useLoaded } from '../load'
import { Button, Choices, Name, Note, Screen, TextField, Where } from '../parts/parts'
import { Picture } from '../parts/photos'
import { given as receipts } from '../parts/receipts'
import { Restored } from '../parts/restored'
import type { Proof } from '../photo'
import { receiptNumber } from '../receipt'
import { store, toast } from '../state'
import { amount, content, text, valueOf } from '../values'
import { moment, quantity, t, tOr } from '../words'

const reasons = ['mistake', 'twice', 'returned'] as const

export function Delivery({ id, rest }: { id: ID; rest: string[] }) {
  const { value, error } = useLoaded(() => read(id), id)
  return (
    <Screen title={t('collection.deliveries.one')}>
      {error !== '' && <Note tone="bad" alert>{error}</Note>}
      {value && (
        <>
          <Facts {...value} />
          <Proofs delivery={value.delivery} />
          {text(value.delivery, 'cancelled_why') === '' && <Cancel delivery={value.delivery} draft={rest[0] ?? ''} />}
        </>
      )}
    </Screen>
  )
}

async function read(id: ID): Promise<{ delivery: Stored; kind: Stored | null; project: Stored | null }> {
  const delivery = await store.get(id)
  const [kind, project] = await Promise.all([perhaps(text(delivery, 'assistance_type')), perhaps(text(delivery, 'project'))])
  return { delivery, kind, project }
}

function Facts({ delivery, kind, project }: { delivery: Stored; kind: Stored | null; project: Stored | null }) {
  const why = text(delivery, 'cancelled_why')
  const facts: [string, string][] = [
    [t('receipt.number'), receiptNumber(delivery.id)],
    [t('fields.deliveries.delivered_at'), moment(here(amount(delivery, 'delivered_at')))],
    [t('fields.deliveries.recipient'), text(delivery, 'recipient')],
    [t('fields.deliveries.proxy'), text(delivery, 'proxy')],
    [t('fields.deliveries.project'), text(project, 'title')],
    [t('fields.deliveries.note'), text(delivery, 'note')],
  ]
  const what = <Name>{text(kind, 'name') || t('aid.unknown')} · {quantity(amount(delivery, 'quantity'), text(kind, 'unit'))}</Name>
  return (
    <section class="stack">
      <h2>{why ? <s>{what}</s> : what}</h2>
      {why && <Note tone="bad">{t('household.cancelled')} <Name>{why}</Name></Note>}
      <div><Where record={delivery} /></div>
      <dl class="facts">{facts.filter(([, is]) => is !== '').map(([name, is]) => <><dt>{name}</dt><dd><Name>{is}</Name></dd></>)}</dl>
    </section>
  )
}

function Proofs({ delivery }: { delivery: Stored }) {
  const proofs = (content(delivery, 'proofs') ?? {}) as { photos?: Proof[]; signature?: Proof; none?: string }
  return (
    <section class="stack">
      <h2>{t('fields.deliveries.proofs')}</h2>
      {proofs.none && <p>{t('proof.none')} <Name>{tOr('proof.none_' + proofs.none, proofs.none)}</Name></p>}
      {proofs.signature && <Picture proof={proofs.signature} label={t('proof.signature')} />}
      {proofs.photos?.map((p, i) => <Picture key={p.sha256} proof={p} label={t('proof.photo_n', { n: i + 1 })} />)}
    </section>
  )
}

function Cancel({ delivery, draft: given }: { delivery: Stored; draft: ID }) {
  const draft = useDraft('delivery', delivery.id, given, { why: '' })
  const { why } = draft.content.value
  const save = async (): Promise<void> => {
    if (!(await draft.save([{ kind: 'edit', record: delivery, fields: { cancelled_why: valueOf(why.trim()) } }]))) return
    receipts.value = null
    toast.value = { text: t('deliver.cancelled') }
  }
  return (
    <details open={draft.restored.value}>
      <summary>{t('delivery.cancel')}</summary>
      <div class="stack">
        <Restored draft={draft} />
        <p>{t('delivery.cancel_what')}</p>
        <Choices label={t('delivery.why')} value={why} onPick={(v) => draft.set({ why: v })} options={reasons.map((r) => ({ value: t(`delivery.${r}`), label: t(`delivery.${r}`) }))} />
        <TextField label={t('delivery.why_else')} value={why} onInput={(v) => draft.set({ why: v })} />
        <Button look="risky" why={why.trim() === '' ? t('delivery.why_first') : ''} onClick={() => void save()}>{t('delivery.cancel')}</Button>
      </div>
    </details>
  )
}
