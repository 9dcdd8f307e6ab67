package io.weir.persistence.objects;

import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;

/**
 * ListObjectsV2 from a name on and of a size: the connector lists from the start alone, which would make the n-th page cost n pages.
 * Signed with the SDK's signer. Asks for URL-encoded names, so that any name survives XML.
 */
final class S3Listing {
    /** A page of 1000 names of 900 bytes, each byte as %XX, with what is around them. */
    private static final int ANSWER_BYTES_MAX = 4 << 20;

    private final S3StoreSettings settings;
    private final S3Errors errors;
    private final ActorSystem system;
    private final AwsCredentialsIdentity identity;
    private final AwsV4HttpSigner signer = AwsV4HttpSigner.create();
    private final XMLInputFactory xml;

    S3Listing(S3StoreSettings settings, S3Errors errors, ActorSystem system) {
        this.settings = settings;
        this.errors = errors;
        this.system = system;
        this.identity = AwsCredentialsIdentity.create(
                settings.credentials().accessKeyId(), settings.credentials().secretAccessKey());
        this.xml = XMLInputFactory.newFactory();
        xml.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        xml.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        xml.setProperty(XMLInputFactory.IS_COALESCING, true);
    }

    /** One request; fails with whatever the HTTP client fails with, or an {@link ObjectStoreException}. */
    CompletionStage<ObjectPage> page(String prefix, String after, int pageSize) {
        return Http.get(system)
                .singleRequest(request(prefix, after, pageSize))
                .thenCompose(this::body)
                .thenApply(this::parse);
    }

    private HttpRequest request(String prefix, String after, int pageSize) {
        URI base = URI.create(settings.endpoint().replace("{bucket}", settings.bucket()));
        SdkHttpRequest.Builder request = SdkHttpRequest.builder()
                .method(SdkHttpMethod.GET)
                .uri(base)
                .encodedPath(base.getRawPath() + (settings.isVirtualHost() ? "/" : "/" + settings.bucket()))
                .putRawQueryParameter("list-type", "2")
                .putRawQueryParameter("encoding-type", "url")
                .putRawQueryParameter("max-keys", Integer.toString(pageSize))
                .putRawQueryParameter("prefix", prefix);
        if (!after.isEmpty()) {
            request.putRawQueryParameter("start-after", after);
        }
        SdkHttpRequest signed = signer.sign(sign -> sign.identity(identity)
                        .request(request.build())
                        .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "s3")
                        .putProperty(AwsV4HttpSigner.REGION_NAME, settings.region())
                        .putProperty(AwsV4HttpSigner.DOUBLE_URL_ENCODE, false)
                        .putProperty(AwsV4HttpSigner.NORMALIZE_PATH, false))
                .request();
        HttpRequest result = HttpRequest.create(signed.getUri().toString());
        for (var header : signed.headers().entrySet()) {
            if (!header.getKey().equalsIgnoreCase("host")) {
                result = result.addHeader(RawHeader.create(header.getKey(), String.join(",", header.getValue())));
            }
        }
        return result;
    }

    private CompletionStage<Answer> body(HttpResponse response) {
        return response.entity()
                .withSizeLimit(ANSWER_BYTES_MAX)
                .toStrict(settings.requestTimeout().toMillis(), ANSWER_BYTES_MAX, system)
                .thenApply(strict -> new Answer(
                        response.status().intValue(), strict.getData().utf8String()));
    }

    private record Answer(int status, String text) {}

    private ObjectPage parse(Answer answer) {
        try {
            return read(answer);
        } catch (XMLStreamException | NumberFormatException e) {
            if (answer.status() == 200) {
                throw new ObjectStoreException.Retryable("listing is cut or no XML: " + e.getMessage(), false, e);
            }
            throw errors.listing(answer.status(), "", "");
        }
    }

    private ObjectPage read(Answer answer) throws XMLStreamException {
        XMLStreamReader reader =
                xml.createXMLStreamReader(new ByteArrayInputStream(answer.text().getBytes(StandardCharsets.UTF_8)));
        Found found = new Found();
        StringBuilder text = new StringBuilder();
        while (reader.hasNext()) {
            switch (reader.next()) {
                case XMLStreamConstants.START_ELEMENT -> text.setLength(0);
                case XMLStreamConstants.CHARACTERS -> text.append(reader.getText());
                case XMLStreamConstants.END_ELEMENT -> found.element(reader.getLocalName(), text.toString());
                default -> {}
            }
        }
        if (answer.status() != 200) {
            throw errors.listing(answer.status(), found.code, found.message);
        }
        return found.page();
    }

    /** What the elements of one answer said so far. */
    private static final class Found {
        private final List<ObjectInfo> objects = new ArrayList<>();
        private String code = "";
        private String message = "";
        private boolean truncated;
        private @Nullable String last;
        private @Nullable String key;
        private @Nullable String etag;
        private long size;

        void element(String name, String text) {
            switch (name) {
                case "Key" -> key = URLDecoder.decode(text, StandardCharsets.UTF_8);
                case "Size" -> size = Long.parseLong(text.strip());
                case "ETag" -> etag = unquoted(text);
                case "Contents" -> add();
                case "IsTruncated" -> truncated = Boolean.parseBoolean(text.strip());
                case "Code" -> code = text;
                case "Message" -> message = text;
                default -> {}
            }
        }

        /** Objects that others put into the bucket, under names that ours cannot have, are none of our business. */
        private void add() {
            last = key;
            ObjectName name;
            try {
                name = new ObjectName(String.valueOf(key));
            } catch (IllegalArgumentException e) {
                return;
            }
            objects.add(new ObjectInfo(name, size, etag));
        }

        ObjectPage page() {
            return new ObjectPage(objects, truncated ? Optional.ofNullable(last) : Optional.empty());
        }
    }

    static String unquoted(String etag) {
        return etag.strip().replace("\"", "");
    }
}
