"""`/products/`: what releases belong to."""

from __future__ import annotations

import json
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.base import ActView, NoParameters
from portal.api.documented import PAGING, acting, page_of, reading
from portal.api.inputs import NewProduct
from portal.api.outputs import ProductShown
from releases.models import Product
from releases.selectors import products_for
from releases.services.products import create_product


def show_product(product: Product) -> dict[str, Any]:
    """A product as the API shows it."""
    return {
        "id": product.pk,
        "key": product.key,
        "name": product.name,
        "description": product.description,
        "tags": json.loads(product.tags),
    }


@extend_schema_view(
    get=extend_schema(
        summary="The products that you may see",
        parameters=PAGING,
        responses=reading(page_of(ProductShown)),
    ),
    post=extend_schema(
        summary="Make a product", request=NewProduct, responses=acting({201: ProductShown})
    ),
)
class Products(ActView):
    """Products that the caller may see; making one needs `configure`."""

    def get(self, request: Request) -> Response:
        """One page of products, the oldest first."""
        self.query(NoParameters)
        return self.page(
            products_for(self.actor), lambda rows: [show_product(one) for one in rows], ("pk",)
        )

    def act(self, **kwargs: Any) -> Response:
        """Make a product."""
        given = self.read(NewProduct, self.require_configure)
        product = create_product(actor=self.actor, **given)
        return Response(show_product(product), status=201)
