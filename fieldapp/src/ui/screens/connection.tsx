// The connection test: each step that has to work, in the order in which one needs the other, and what to do where one fails.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

import { Icon } from '../parts/icons'
import { Button, Screen } from '../parts/parts'
import { kept } from '../release'
import { outcome, status } from '../state'
import { t } from '../words'

type StepName = 'secure' | 'app' | 'storage' | 'server' | 'time' | 'signed_in'
interface Step { name: StepName; works: boolean | null }

/** How long the server may take to answer, in ms, and how far apart the clocks may be. */
const patience = 15_000
const mostOff = 2 * 60 * 1000

export function Connection() {
  const steps = useSignal<Step[]>([])
  const running = useSignal(true)
  const run = async (): Promise<void> => {
    running.value = true
    steps.value = []
    for await (const step of test()) steps.value = [...steps.value, step]
    running.value = false
  }
  useEffect(() => void run(), [])
  const failed = steps.value.some((s) => s.works === false)
  return (
    <Screen title={t('connection.title')} next={<Button look="main" icon="sync" why={running.value ? t('connection.running') : ''} onClick={() => void run()}>{t('connection.again')}</Button>}>
      <ol class="stack" aria-label={t('connection.title')}>
        {steps.value.map((s) => <Line key={s.name} step={s} />)}
      </ol>
      <p role="status" class={running.value ? 'loading' : ''}>{running.value ? t('connection.running') : t(failed ? 'connection.some' : 'connection.all')}</p>
    </Screen>
  )
}

function Line({ step: { name, works } }: { step: Step }) {
  const tone = works === null ? '' : works ? 'good' : 'bad'
  return (
    <li class={`note ${tone}`}>
      <div class="row">
        <Icon name={works === true ? 'check' : works === null ? 'minus' : 'warn'} />
        <div class="grow"><strong>{t(`connection.${name}`)}</strong><p>{works === null ? t('connection.unknown') : t(works ? 'connection.works' : `connection.${name}_not`)}</p></div>
      </div>
    </li>
  )
}

/** Tries one step after the other. What cannot be known because an earlier one failed is null. */
async function* test(): AsyncGenerator<Step> {
  yield { name: 'secure', works: window.isSecureContext }
  yield { name: 'app', works: kept.value }
  yield { name: 'storage', works: await navigator.storage?.persisted?.() ?? false }
  const server = await reach()
  yield { name: 'server', works: server !== null }
  yield { name: 'time', works: server === null ? null : Math.abs(server - Date.now()) < mostOff }
  const refused = outcome.value?.code === 'enrol-again' || status.value?.revoked === true
  yield { name: 'signed_in', works: refused ? false : server === null ? null : (status.value?.contact ?? 0) > 0 }
}

/** Asks the server for a sign of life, whatever the browser believes of the link; gives its clock, or null. */
async function reach(): Promise<number | null> {
  try {
    const answer = await fetch('/healthz', { cache: 'no-store', signal: AbortSignal.timeout(patience) })
    const at = Date.parse(answer.headers.get('Date') ?? '')
    return answer.ok ? (Number.isNaN(at) ? Date.now() : at) : null
  } catch {
    return null
  }
}
