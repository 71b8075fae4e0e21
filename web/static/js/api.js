// The page of the REST API. What is tried here is asked as the person who is logged in, so the
// page's token against cross-site requests goes along.
import { SwaggerUI } from "../vendor/swagger-ui-5.35.0.js";

const place = document.getElementById("api");
const csrf = document.querySelector('meta[name="csrf-token"]').content;

SwaggerUI({
  url: place.dataset.document,
  domNode: place,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  syntaxHighlight: { activated: false },
  onComplete() {
    document.getElementById("servers")?.setAttribute("aria-label", "Server");
  },
  requestInterceptor(request) {
    if (new URL(request.url, window.location.href).origin === window.location.origin) {
      request.headers["X-CSRFToken"] = csrf;
    }
    return request;
  },
});
