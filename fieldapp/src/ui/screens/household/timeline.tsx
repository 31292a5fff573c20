// What was done with a household, the last first.
import type { Stored } from '../../../store/api'
import { here } from '../../clock'
import type { Family } from '../../family'
import { Name, Where } from '../../parts/parts'
import { receiptNumber } from '../../receipt'
import { go } from '../../route'
import { amount, text } from '../../values'
import { date, moment, quantity, t, tOr } from '../../words'

const when = (r: Stored): number => amount(r, r.collection === 'visits' ? 'visited_at' : 'delivered_at')

export function Timeline({ family }: { family: Family }) {
  const all = [...family.visits, ...family.deliveries].sort((a, b) => when(b) - when(a))
  return (
    <section class="stack">
      <h2>{t('household.timeline')}</h2>
      {all.length === 0 && <p class="soft">{t('household.no_timeline')}</p>}
      <ol class="stack">
        {all.map((r) => <li key={r.id}>{r.collection === 'visits' ? <Visit visit={r} family={family} /> : <Delivery delivery={r} family={family} />}</li>)}
      </ol>
    </section>
  )
}

/** Line says when something was done and by whom, and where that is. */
function Line({ record, family }: { record: Stored; family: Family }) {
  const worker = family.workers[text(record, 'worker')]
  return (
    <>
      <span class="soft block">{moment(here(when(record)))}{worker && <> · <Name>{worker}</Name></>}</span>
      {record.where !== 'received' && <Where record={record} />}
    </>
  )
}

function Visit({ visit, family }: { visit: Stored; family: Family }) {
  const purpose = text(visit, 'purpose')
  const next = text(visit, 'next_visit_on')
  return (
    <div class="card">
      <strong>{t('collection.visits.one')}</strong>{purpose && <span> · {tOr('choice.' + purpose, purpose)}</span>}
      <Line record={visit} family={family} />
      {text(visit, 'findings') && <p><Name>{text(visit, 'findings')}</Name></p>}
      {next && <p class="soft">{t('household.next_visit', { day: date(next) })}</p>}
    </div>
  )
}

function Delivery({ delivery, family }: { delivery: Stored; family: Family }) {
  const kind = family.aid.shares.find((s) => s.type === text(delivery, 'assistance_type'))?.kind
  const why = text(delivery, 'cancelled_why')
  const what = <Name>{text(kind, 'name') || t('collection.deliveries.one')} · {quantity(amount(delivery, 'quantity'), text(kind, 'unit'))}</Name>
  return (
    <button type="button" class="card" onClick={() => go('delivery/' + delivery.id)}>
      <strong>{why ? <s>{what}</s> : what}</strong>
      {why && <span class="bad block">{t('household.cancelled')} <Name>{why}</Name></span>}
      <Line record={delivery} family={family} />
      {text(delivery, 'recipient') && <span class="block">{t('fields.deliveries.recipient')}: <Name>{text(delivery, 'proxy') || text(delivery, 'recipient')}</Name></span>}
      <span class="soft block">{t('receipt.number')} <bdi class="number">{receiptNumber(delivery.id)}</bdi></span>
    </button>
  )
}
