// The first step: what is handed over. What is due is there already.
import { useSignal } from '@preact/signals'

import type { Stored } from '../../../store/api'
import { against, type Item } from '../../due'
import { Icon } from '../../parts/icons'
import { Button, Name, Note, Stepper } from '../../parts/parts'
import { Knowledge, Received } from '../../parts/received'
import { amount, text } from '../../values'
import { quantity, t } from '../../words'
import { Frame, type Step } from './deliver'
import { Else } from './else'

export function Items(step: Step) {
  const { items, draft, family, kinds } = step
  const adding = useSignal(false)
  const set = (changed: Item[]): void => draft.set({ items: changed })
  const given = items.filter((i) => i.quantity > 0)
  const risky = given.some((i) => warnings(step, i).length > 0)
  const next = (): void => {
    if (given.length !== items.length) set(given)
    step.next('recipient')
  }
  const unready = given.length === 0 ? t('deliver.items_first') : given.some((i) => i.project === '') ? t('deliver.project_first') : ''
  return (
    <Frame step={step} title={t('deliver.what')} next={adding.value ? undefined : (
      <Button look={risky ? 'risky' : 'main'} why={unready} onClick={next}>{risky ? t('deliver.anyway') : t('app.next')}</Button>
    )}>
      {items.length === 0 && <p>{t('deliver.nothing_due')}</p>}
      {items.map((item, i) => (
        <Card key={item.type + item.entitlement + item.project} step={step} item={item}
          onInput={(n) => set(items.map((other, j) => (j === i ? { ...other, quantity: n } : other)))}
          onRemove={() => set(items.filter((_, j) => j !== i))} />
      ))}
      {adding.value
        ? <Else kinds={kinds} onAdd={(item) => { set([...items, item]); adding.value = false }} onCancel={() => (adding.value = false)} />
        : <Button icon="plus" onClick={() => (adding.value = true)}>{t('deliver.else')}</Button>}
      <Knowledge aid={family.aid} />
    </Frame>
  )
}

function Card({ step: { family, kinds }, step, item, onInput, onRemove }: { step: Step; item: Item; onInput: (n: number) => void; onRemove: () => void }) {
  const kind = kinds.types[item.type]
  const share = family.aid.shares.find((s) => s.type === item.type)
  const person = family.people.find((p) => p.id === item.person)
  const unit = text(kind, 'unit')
  return (
    <section class="card stack">
      <h2 class="row"><Icon name="box" /><Name>{text(kind, 'name') || t('aid.unknown')}</Name></h2>
      {person && <p>{t('deliver.for')} <Name>{text(person, 'name')}</Name></p>}
      <Stepper label={unit ? t('deliver.how_many', { unit }) : t('fields.deliveries.quantity')} value={item.quantity} onInput={onInput} />
      {share && <Received share={share} />}
      {warnings(step, item).filter((w) => w !== 'received').map((w) => (
        <Note key={w} tone="warn">
          {t(`deliver.${w}`, { due: quantity(Math.max(0, Number(share?.due ?? 0)), unit), limit: quantity(amount(kind, 'limit_per_household'), unit) })}
        </Note>
      ))}
      <Button look="plain" onClick={onRemove}>{t('deliver.leave_out')}<span class="hidden-text"> {text(kind, 'name')}</span></Button>
    </section>
  )
}

/** Says what there is against an item, together with others of its type. */
function warnings({ family, kinds, items }: Step, item: Item): ReturnType<typeof against> {
  const kind: Stored | undefined = kinds.types[item.type]
  const together = items.filter((i) => i.type === item.type).reduce((sum, i) => sum + i.quantity, 0)
  return against(family.aid.shares.find((s) => s.type === item.type), kind, together)
}
