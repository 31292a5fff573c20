import { render } from 'preact'

import { connect } from '../store/client'
import { App } from './app'
import { Broken } from './screens/broken'
import { begin } from './state'
import './styles/tokens.css'
import './styles/base.css'
import './styles/sync.css'
import './styles/delivery.css'
import { keepRelease } from './release'
import { speak } from './words'

try {
  await speak()
  const { store, told } = connect()
  await begin(store, told)
  render(<App />, document.body)
  void keepRelease()
} catch (error) {
  render(<Broken error={error} />, document.body)
}
