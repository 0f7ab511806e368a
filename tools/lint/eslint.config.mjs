// Scripts of the pages and of the build; what is in vendor/ is not ours.
import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["**/vendor/", "**/node_modules/"] },
  js.configs.recommended,
  { rules: { eqeqeq: "error", "prefer-const": "error", "no-var": "error" } },
  { files: ["site_assets/*.js"], languageOptions: { sourceType: "script", globals: globals.browser } },
  { files: ["tools/live/*.mjs"], languageOptions: { globals: globals.node } },
];
