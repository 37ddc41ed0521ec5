// All rows, in order.
import type { Rig } from '../rig.ts'
import type { Row } from '../row.ts'
import { p01 } from './p01.ts'
import { p02 } from './p02.ts'
import { p03 } from './p03.ts'
import { p04 } from './p04.ts'
import { p05 } from './p05.ts'
import { p06 } from './p06.ts'
import { p07 } from './p07.ts'
import { p08 } from './p08.ts'
import { p09 } from './p09.ts'
import { p10 } from './p10.ts'
import { p11 } from './p11.ts'
import { p12 } from './p12.ts'
import { p13 } from './p13.ts'
import { p14 } from './p14.ts'

/** Each is measured by itself or judged from what was run in rounds. */
export const rows: readonly Row<Rig>[] = [p01, p02, p03, p04, p05, p06, p07, p08, p09, p10, p11, p12, p13, p14]
