import { describeSeeds } from './seed-tests.js'

describeSeeds(251, 250)
