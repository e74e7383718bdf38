import { describeSeeds } from './seed-tests.js'

describeSeeds(1001, 500)
