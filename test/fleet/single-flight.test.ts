import { createProcessSingleFlight } from '#fleet/single-flight.ts'
import { describeSingleFlight } from '#test/contract/single-flight-kit.ts'

describeSingleFlight('process', createProcessSingleFlight)
