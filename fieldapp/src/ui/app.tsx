// Which screen is shown: what stands before the store while it is closed, and the worker's place in the app once it is open.
import type { ComponentType } from 'preact'

import { useIdleLock } from './idle'
import { Strip } from './parts/strip'
import { Toast } from './parts/parts'
import { place } from './route'
import { screens } from './screens'
import { Lock } from './screens/lock'
import { Elsewhere, Wiped } from './screens/away'
import { Welcome } from './screens/welcome'
import { Home } from './screens/home'
import { door } from './state'
import { t } from './words'

export function App() {
  switch (door.value?.state) {
    case 'none': return <Welcome />
    case 'locked': return <Lock />
    case 'wiped': return <Wiped />
    case 'elsewhere': return <Elsewhere />
    case 'open': return <Open />
    default: return null
  }
}

function Open() {
  useIdleLock()
  const here = place.value
  const Shown: ComponentType<{ id: string; rest: string[] }> = screens[here.screen] ?? Home
  return (
    <>
      {door.value?.practice && <div class="practice">{t('app.practice')}</div>}
      <Strip />
      <Shown key={`${here.screen}/${here.id}`} id={here.id} rest={here.rest} />
      <Toast />
    </>
  )
}
