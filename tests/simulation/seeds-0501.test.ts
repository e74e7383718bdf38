import { describeSeeds } from './seed-tests.js'

describeSeeds(501, 500)
