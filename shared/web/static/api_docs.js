"use strict";
// The page names the documents of the services that stand behind this address.
const place = document.getElementById("swagger-ui");
const urls = place.dataset.specs.split(" ").map((name) => ({ name, url: `${place.dataset.root}/api/v1/openapi/${name}.json` }));
SwaggerUIBundle({
  dom_id: "#swagger-ui",
  urls,
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  layout: "StandaloneLayout",
});
