using IrohMoq.Reactive;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Examples.Recipes;

/// <summary>An endpoint and its manager as services of an ASP.NET Core application.</summary>
public static class Hosting
{
    public static async Task<WebApplication> CreateAsync(params string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        var endpoint = await IrohEndpoint.CreateAsync(SecretKey.LoadOrCreate(builder.Configuration["key"] ?? "me.key"));

        // The container disposes what its factories return: first the manager, which ends the sessions, then the endpoint.
        builder.Services.AddSingleton(_ => endpoint);
        builder.Services.AddSingleton(services => Moq.Serve(
            services.GetRequiredService<IrohEndpoint>(),
            new MoqOptions { LoggerFactory = services.GetRequiredService<ILoggerFactory>() }));

        var app = builder.Build();
        app.MapGet("/ticket", (IrohEndpoint endpoint) => endpoint.Ticket.ToString());
        app.MapGet("/present", (Moq moq, CancellationToken stop) =>
            TypedResults.ServerSentEvents(moq.ReadOpenSessionsAsync(stop).Select(sessions => $"{sessions.Count} here")));
        // The manager starts with the application, not with the first request.
        app.Services.GetRequiredService<Moq>();
        return app;
    }
}
