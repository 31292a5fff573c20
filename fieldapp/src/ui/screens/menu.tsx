// What is seldom needed: who works here, the language, practice, help when something is wrong, and what the app is.
import { useSignal } from '@preact/signals'

import { Icon, type IconName } from '../parts/icons'
import { Languages } from '../parts/languages'
import { Button, Note, Screen } from '../parts/parts'
import { kept, newer, takeNewer } from '../release'
import { useLoaded } from '../load'
import { go } from '../route'
import { door, explain, look, practise, status, store } from '../state'
import { t } from '../words'

export function Menu() {
  const practice = door.value?.practice === true
  return (
    <Screen title={t('menu.title')}>
      {newer.value && <Note><div class="row wrap"><span class="grow">{t('home.newer')}</span><Button look="main" onClick={takeNewer}>{t('home.take_newer')}</Button></div></Note>}
      <nav class="tiles" aria-label={t('menu.title')}>
        <To screen="sync" icon="sync" name={t('sync.title')} what={t('menu.sync_what')} />
        <To screen="attention" icon="warn" name={t('attention.title')} what={t('menu.attention_what')} />
        {!practice && <To screen="workers" icon="person" name={t('workers.title')} what={t('menu.workers_what')} />}
        {!practice && <To screen="rescue" icon="box" name={t('rescue.title')} what={t('menu.rescue_what')} />}
        <To screen="connection" icon="check" name={t('connection.title')} what={t('menu.connection_what')} />
      </nav>
      <Languages />
      <Practice on={practice} />
      <About />
    </Screen>
  )
}

function To({ screen, icon, name, what }: { screen: string; icon: IconName; name: string; what: string }) {
  return (
    <button type="button" class="card" onClick={() => go(screen)}>
      <span class="row"><Icon name={icon} /><span class="grow"><strong>{name}</strong><br /><span class="soft">{what}</span></span></span>
    </button>
  )
}

/** Practice goes to the made-up families and back. Either way the worker's own store is locked. */
function Practice({ on }: { on: boolean }) {
  const fault = useSignal('')
  const turn = async (): Promise<void> => {
    try {
      await (on ? store.practise(null) : practise())
      go('', true)
      await look()
    } catch (error) {
      fault.value = explain(error)
    }
  }
  return (
    <section class="stack">
      <h2>{t('menu.practice')}</h2>
      <p>{t(on ? 'menu.practice_on' : 'menu.practice_off')}</p>
      {fault.value !== '' && <Note tone="bad" alert>{fault.value}</Note>}
      <div><Button onClick={() => void turn()}>{t(on ? 'menu.practice_leave' : 'menu.practice_begin')}</Button></div>
    </section>
  )
}

function About() {
  const release = useLoaded(releaseKept)
  return (
    <section class="stack">
      <h2>{t('menu.about')}</h2>
      <p>{t('menu.about_what')}</p>
      <dl class="facts">
        <dt>{t('menu.release')}</dt><dd><bdi>{release.value || '–'}</bdi></dd>
        <dt>{t('menu.kept')}</dt><dd>{t(kept.value ? 'value.yes' : 'value.no')}</dd>
        <dt>{t('sync.tablet')}</dt><dd><bdi>{status.value?.name || '–'}</bdi></dd>
      </dl>
    </section>
  )
}

/** Gives the release that the service worker keeps, '' if it keeps none. */
async function releaseKept(): Promise<string> {
  if (!('caches' in window)) return ''
  const names = (await caches.keys()).filter((name) => name.startsWith('satchel-app-'))
  return (names[0] ?? '').slice('satchel-app-'.length)
}
