import { describeSeeds } from './seed-tests.js'

describeSeeds(1, 500)
