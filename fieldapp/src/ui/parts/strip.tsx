// The permanent strip: what the office has not got yet, and since when.
import { go } from '../route'
import { progress, status, sync } from '../state'
import { moment, t } from '../words'
import { Icon } from './icons'

export function Strip() {
  const s = status.value
  if (s === null) return <div class="strip" />
  const going = progress.value
  const all = going ? going.changesToSend + going.proofsToSend : 0
  const unsent = s.unsent + s.unsentProofs
  const sent = s.complete === 0 ? t('strip.never') : t('strip.last', { when: moment(s.complete - s.clockOffset) })
  return (
    <button type="button" class={`strip ${unsent === 0 ? (s.safe ? 'good' : '') : 'warn'}`} onClick={() => { go('sync'); void (going ?? sync()) }}>
      <Icon name={unsent === 0 && !going ? 'check' : 'sync'} />
      <span class="grow">
        {going ? (all === 0 ? t('strip.fetching') : t('strip.going', { done: going.changes + going.proofs, all }))
          : `${unsent === 0 ? t('strip.all') : t('strip.unsent', { count: unsent })}\u00a0· ${sent}`}
      </span>
    </button>
  )
}
