import { describeSeeds } from './seed-tests.js'

describeSeeds(1501, 500)
