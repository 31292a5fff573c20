import type { Fix } from '../position'
import { t } from '../words'
import { Icon } from './icons'

/** Here says how well it is known where the tablet is. */
export function Here({ fix }: { fix: Fix }) {
  const { position, failed } = fix
  return (
    <p class={`row small ${position ? 'good' : 'soft'}`} role="status">
      <Icon name="pin" />
      {position ? t('position.accurate', { metres: Math.ceil(position.accuracy) }) : failed ? t('position.none') : t('position.searching')}
    </p>
  )
}
