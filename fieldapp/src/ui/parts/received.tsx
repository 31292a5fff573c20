// What a family is due and what it was given, of one assistance type after the other.
import type { Aid, Share } from '../../store/api'
import { here } from '../clock'
import { counting } from '../due'
import { amount, text } from '../values'
import { day, isolated, moment, quantity, t } from '../words'
import { Name, Note } from './parts'
import { Icon } from './icons'

/** Shares shows everything that a family is due or was given. */
export function Shares({ aid }: { aid: Aid }) {
  return (
    <section class="stack">
      <h2>{t('aid.title')}</h2>
      {aid.shares.length === 0 && <p class="soft">{t('aid.nothing')}</p>}
      {aid.shares.map((share) => (
        <div class="card stack" key={share.type}>
          <strong><Name>{text(share.kind, 'name') || t('aid.unknown')}</Name></strong>
          <Due share={share} />
          <Received share={share} />
        </div>
      ))}
      <Knowledge aid={aid} />
    </section>
  )
}

function Due({ share }: { share: Share }) {
  const due = Number(share.due || 0)
  const unit = text(share.kind, 'unit')
  if (share.entitlements.length === 0 && due <= 0) return null
  return due > 0 && share.entitlements.length > 0
    ? <p class="good due"><Icon name="box" /> {t('aid.due', { quantity: quantity(due, unit) })}</p>
    : <p class="soft">{t('aid.all_given')}</p>
}

/** Received says in red what was already given, when and by whom. */
export function Received({ share }: { share: Share }) {
  const given = counting(share)
  if (given.length === 0) return null
  const unit = text(share.kind, 'unit')
  return (
    <div class="note bad received">
      <strong>{t('aid.received', { quantity: quantity(Number(share.delivered), unit) })}</strong>
      <ul>
        {share.deliveries.filter((d) => given.includes(d.record)).map(({ record, worker, unsent }) => (
          <li key={record.id}>
            {t('aid.given', { quantity: quantity(amount(record, 'quantity'), unit), day: day(here(amount(record, 'delivered_at'))) })}
            {worker && <> · <Name>{worker}</Name></>}
            {unsent && <> · {t('where.saved')}</>}
          </li>
        ))}
      </ul>
    </div>
  )
}

/** Knowledge says how old it is what the tablet knows, and what it cannot know. */
export function Knowledge({ aid }: { aid: Aid }) {
  return (
    <>
      <p class="soft small">{aid.known === 0 ? t('aid.never_known') : t('aid.known', { when: isolated(moment(here(aid.known))) })}</p>
      {aid.elsewhere > 0 && <Note tone="bad">{t('aid.elsewhere', { count: aid.elsewhere })}</Note>}
    </>
  )
}
