/**
 * The console: what people look at who run live streams. It holds no data and asks the gateway that serves it, with the
 * same questions as everybody; everything it loads comes from there too.
 */
import './app/theme.css'
import './app/page.css'
import { render } from 'preact'
import { App } from './app/app.tsx'
import { followRoute } from './app/router.ts'
import { followSettings } from './app/settings.ts'
import { followTime } from './data/now.ts'

const root = document.getElementById('page')
if (root) {
  followSettings()
  followRoute()
  followTime()
  render(<App />, root)
}
