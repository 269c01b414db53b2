import js from '@eslint/js'
import tseslint from 'typescript-eslint'

/**
 * Imports point one way: plugins → haraka, cli → {policy, relay, script, batv, core}, policy → {script, core}, the others
 * → core; core imports nothing but language and types. Plugin and command know nothing of each other.
 */
const only = (folder, forbidden) => ({
  files: [`lib/${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      { patterns: [{ group: forbidden, message: `lib/${folder} must not import this: see docs/ARCHITECTURE.md` }] },
    ],
  },
})

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/', 'instance/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  only('core', [
    'node:*',
    'fengari',
    'fengari/**',
    '**/haraka/**',
    '**/relay/**',
    '**/script/**',
    '**/batv/**',
    '**/policy/**',
    '**/cli/**',
  ]),
  only('relay', ['fengari', 'fengari/**', '**/haraka/**', '**/script/**', '**/batv/**', '**/policy/**', '**/cli/**']),
  only('script', ['**/haraka/**', '**/relay/**', '**/batv/**', '**/policy/**', '**/cli/**']),
  only('batv', [
    'node:*',
    '!node:crypto',
    '!node:url',
    'fengari',
    'fengari/**',
    '**/haraka/**',
    '**/relay/**',
    '**/script/**',
    '**/policy/**',
    '**/cli/**',
  ]),
  only('policy', [
    'fengari',
    'fengari/**',
    '**/script/lua/**',
    '**/haraka/**',
    '**/relay/**',
    '**/batv/**',
    '**/cli/**',
  ]),
  only('haraka', ['fengari', 'fengari/**', '**/script/lua/**', '**/cli/**']),
  only('cli', ['fengari', 'fengari/**', '**/script/lua/**', '**/haraka/**']),
  {
    files: ['lib/core/**/*.ts'],
    rules: { 'no-restricted-globals': ['error', 'process', 'setTimeout', 'setInterval'] },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts', 'demo/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
)
