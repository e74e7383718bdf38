import js from '@eslint/js'
import comments from '@eslint-community/eslint-plugin-eslint-comments'
import globals from 'globals'
import tseslint from 'typescript-eslint'

/** What would tie the engine to one machine, one clock or one run: it gets these from its owner, or does without. */
const impure = [
  'Date',
  'performance',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'queueMicrotask',
  'requestAnimationFrame',
  'crypto',
  'fetch',
  'WebSocket',
  'globalThis',
  'window',
  'self',
  'document',
  'navigator',
  'process',
  'Buffer',
  'console',
]

const noDefaultExport = {
  selector: 'ExportDefaultDeclaration',
  message: 'Named exports only.',
}

export default tseslint.config(
  { ignores: ['dist', 'coverage', '**/dist'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // An abort rejects with the signal's own reason, whatever that is.
      '@typescript-eslint/prefer-promise-reject-errors': [
        'error',
        { allowThrowingAny: true, allowThrowingUnknown: true },
      ],
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingAny: true, allowThrowingUnknown: true }],
      'no-restricted-syntax': ['error', noDefaultExport],
      eqeqeq: 'error',
    },
  },
  {
    plugins: { comments },
    rules: { 'comments/require-description': ['error', { ignore: ['eslint-enable'] }] },
  },
  {
    // The engine, what crosses the wire, and the server's rooms run in the simulator under virtual time.
    files: [
      'sdk/mesh/**/*.ts',
      'sdk/protocol/**/*.ts',
      'signaling/{room,rooms,deadlines,limits,random-set,token-bucket}.ts',
    ],
    rules: {
      'no-restricted-globals': [
        'error',
        ...impure.map((name) => ({ name, message: 'Not in pure code: take it as an argument.' })),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Not in pure code: take a random source.' },
      ],
      'no-restricted-syntax': [
        'error',
        noDefaultExport,
        { selector: 'Identifier[name=/^RTC[A-Z]/]', message: 'Not in pure code: WebRTC belongs to link/.' },
        { selector: 'ImportExpression', message: 'Not in pure code: loading modules belongs to the owner.' },
      ],
    },
  },
  {
    files: ['tests/**/*.ts'],
    rules: {
      // A fake of an asynchronous interface often has nothing to wait for.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['scripts/**/*.ts', '*.config.ts', '**/*.config.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['**/*.js', '**/*.cjs', '**/*.mjs'],
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
  },
)
