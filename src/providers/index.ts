// The built-in providers.
import type { Provider } from '#contract/provider.ts'
import { chinanetcenter } from './chinanetcenter/provider.ts'
import { tencent } from './tencent/provider.ts'

/** Every built-in provider. */
export const providers: readonly Provider[] = [tencent, chinanetcenter]
