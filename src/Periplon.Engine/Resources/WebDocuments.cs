using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Periplon.Core.Reuse;
using Periplon.Engine.Tasks.Http;

namespace Periplon.Engine.Resources;

/// <summary>Fetches <c>http</c> sources over the connections of HTTP tasks, which check every address, also that of a redirect.</summary>
internal sealed class WebDocuments(HttpConnections connections, ResourceOptions options)
{
    public async Task<FetchedResource> GetAsync(ResourceReference.Http reference, CancellationToken cancellationToken)
    {
        var start = new Uri(reference.Url);
        var url = start;
        for (var redirects = 0; ; redirects++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            if (url.Authority == start.Authority && start.UserInfo.Length > 0)
            {
                request.Headers.Authorization = new AuthenticationHeaderValue(
                    "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(start.UserInfo))));
            }

            try
            {
                using var response = await connections.For(verifyTls: true).SendAsync(request, cancellationToken);
                if (RedirectOf(response, url) is not { } next)
                {
                    return await ReadAsync(reference, response, cancellationToken);
                }

                if (RefuseRedirect(url, next, redirects) is { } refusal)
                {
                    return FetchedResource.Failed($"{reference.DisplayName} was not fetched: {refusal}.");
                }

                url = next;
            }
            catch (Exception e) when (
                e is HttpRequestException or IOException or HttpTargetRefusedException or SocketException
                || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                return FetchedResource.Failed($"{reference.DisplayName} was not fetched: {HttpSender.Explain(e, url)}.");
            }
        }
    }

    private async Task<FetchedResource> ReadAsync(
        ResourceReference.Http reference, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (!response.IsSuccessStatusCode)
        {
            return FetchedResource.Failed($"{reference.DisplayName} answered {(int)response.StatusCode} {response.ReasonPhrase}.");
        }

        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        return await BoundedRead.ToEndAsync(stream, options.MaxBytes, cancellationToken) is { } bytes
            ? FetchedResource.Found(bytes.Span)
            : FetchedResource.TooLarge(reference.DisplayName, options.MaxBytes);
    }

    private static Uri? RedirectOf(HttpResponseMessage response, Uri from) =>
        response.StatusCode is HttpStatusCode.Moved or HttpStatusCode.Found or HttpStatusCode.SeeOther
            or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect && response.Headers.Location is { } location
            ? new Uri(from, location)
            : null;

    private string? RefuseRedirect(Uri from, Uri to, int redirects) =>
        redirects >= options.MaxRedirects ? $"{from.Host} redirects more than {options.MaxRedirects} times"
        : to.Scheme is not ("http" or "https") ? $"{from.Host} redirects to '{to.Scheme}:', which is not HTTP"
        : from.Scheme is "https" && to.Scheme is "http" ? $"{from.Host} redirects from https to http, which would undo the encryption"
        : null;
}
