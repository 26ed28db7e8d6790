import vue from 'eslint-plugin-vue'
import ts from 'typescript-eslint'

/** Floors: desks > features > shared. A feature never imports another one. */
const floor = (files, ...patterns) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns: patterns.map((regex) => ({ regex, message: 'Imports point only down: desks > features > shared.' })) }] },
})

export default ts.config(
  { ignores: ['dist', 'node_modules', 'src/shared/api/schema.ts'] },
  ...ts.configs.strictTypeChecked,
  ...vue.configs['flat/recommended'],
  {
    languageOptions: {
      parserOptions: { parser: ts.parser, projectService: true, extraFileExtensions: ['.vue'], tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      'vue/multi-word-component-names': 'off',
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/html-indent': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/first-attribute-linebreak': 'off',
      'vue/attributes-order': 'off',
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/define-props-declaration': ['error', 'type-based'],
      'vue/no-v-html': 'error',
      'vue/no-static-inline-styles': ['error', { allowBinding: true }],
    },
  },
  { files: ['**/*.js', '**/*.mjs'], ...ts.configs.disableTypeChecked },
  floor(['src/shared/**'], '^@/(features|desks)/'),
  floor(['src/features/accounts/**'], '^@/(desks|features/(?!accounts/))'),
  floor(['src/features/calls/**'], '^@/(desks|features/(?!calls/))'),
)
