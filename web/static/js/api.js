// The page of the REST API. What is tried here is asked as the person who is logged in, so the
// page's token against cross-site requests goes along.
import { SwaggerUI } from "../vendor/swagger-ui-5.35.0.js";

const place = document.getElementById("api");
const csrf = document.querySelector('meta[name="csrf-token"]').content;

// Its rows are buttons with a link inside, which no reader of screens can reach; the address of a
// row is set all the same when it is opened, and copied by the button beside it.
const plainPaths = ({ React }) => ({
  wrapComponents: {
    DeepLink: () => (props) => React.createElement("span", { className: "nostyle" }, props.text),
  },
});

SwaggerUI({
  url: place.dataset.document,
  domNode: place,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  plugins: [plainPaths],
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
