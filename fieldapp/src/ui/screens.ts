// Every screen by its name in the address.
import type { ComponentType } from 'preact'

import { Activities } from './screens/activities'
import { ActivityScreen } from './screens/activity'
import { AttentionScreen } from './screens/attention'
import { Connection } from './screens/connection'
import { Deliver } from './screens/deliver/deliver'
import { Delivery } from './screens/delivery'
import { AddMember, Edit } from './screens/edit'
import { Home } from './screens/home'
import { Household } from './screens/household/household'
import { Menu } from './screens/menu'
import { Question } from './screens/question'
import { Register } from './screens/register/register'
import { Rescue } from './screens/rescue'
import { SyncScreen } from './screens/sync'
import { VisitScreen } from './screens/visit'
import { Workers } from './screens/workers'

export const screens: Record<string, ComponentType<{ id: string; rest: string[] }>> = {
  activities: Activities,
  activity: ActivityScreen,
  attention: AttentionScreen,
  connection: Connection,
  deliver: Deliver,
  delivery: Delivery,
  edit: Edit,
  home: Home,
  household: Household,
  member: AddMember,
  menu: Menu,
  question: Question,
  register: Register,
  rescue: Rescue,
  sync: SyncScreen,
  visit: VisitScreen,
  workers: Workers,
}
